/** The windows of a text, each of which is answered as a text of its own. */

import { InputError } from "../../base/errors.ts";
import { excerpt } from "../../base/messages.ts";
import { type EncodeContext, encodeText, type TextInput } from "../engine/encode.ts";
import type { Item } from "../engine/task.ts";
import { inputOf, readCutText, type ReadText, type Side } from "./cut_text.ts";
import type { WindowPlan } from "./options.ts";
import { placeOf, type WindowPlace } from "./places.ts";
import { runsOf } from "./runs.ts";

/** A window of a text. */
export interface TextWindow extends Item {
  /** Where it stands, if texts are cut. */
  readonly place?: WindowPlace;
}

/** How texts are read and cut. */
export interface WindowContext extends EncodeContext {
  /** `null` if a text must fit. */
  plan: WindowPlan | null;
  /** Which text of a pair is cut. @default the longer one; of two equally long ones the second */
  side?: Side;
  /** What of the text is in every window: so many of its first tokens and of its first UTF-16 units. @default nothing */
  head?: { readonly tokens: number; readonly length: number };
}

/**
 * The windows of a text or a pair; one if it fits. Of a pair one text is cut, and the other is whole in every window.
 *
 * @throws {TypeError} If the input is neither.
 * @throws {InputError} If the text has not what it needs; if it does not fit and there is no plan; or if the other text
 *   of a pair leaves no room for it.
 */
export function textWindows(input: TextInput, context: WindowContext): TextWindow[] {
  const { plan, maximum, head } = context;
  if (plan === null) return [{ encoding: encodeText(input, context) }];
  const read = readCutText(input, { ...context, head: head?.tokens });
  const { encoding, start, end } = read;
  const length = end - start;
  const capacity = maximum - (encoding.input_ids.length - length);
  if (length > capacity && capacity <= plan.stride) throw noRoom(read, { capacity, stride: plan.stride }, context);
  const runs = length > capacity ? runsOf(length, { capacity, stride: plan.stride }) : [{ from: 0, to: length }];
  return runs.slice(0, plan.most).map((run) => ({
    encoding: inputOf(read, run),
    place: placeOf(read, run, head?.length),
  }));
}

/** The error of a pair: a text alone has the room that the stride was checked by. */
function noRoom(
  { pair }: ReadText,
  { capacity, stride }: { capacity: number; stride: number },
  { subject, maximum, first = "its text" }: WindowContext,
): InputError {
  const name = pair?.side === "text" ? "its text_pair" : first;
  return new InputError(
    `Cannot ${subject}: ${name} (${excerpt(pair?.other ?? "")}) is in every window, and leaves ${
      Math.max(0, capacity)
    } ` +
      `of the model's ${maximum} tokens to the other text, of which neighbours share ${stride}; shorten it, or take a ` +
      "smaller stride",
  );
}
