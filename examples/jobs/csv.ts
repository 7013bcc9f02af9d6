/** Labels the rows of a CSV, and keeps their columns: `deno run --allow-read examples/jobs/csv.ts examples/topics/test.csv > labels.csv` */

import { csvRow, pipeline, readRecords, withAnswers } from "../../mod.ts";

using classify = await pipeline("text-classification");
const [file = "examples/topics/test.csv"] = Deno.args;

const answered = withAnswers(readRecords(file), {
  ask: ({ fields }) => `${fields.text}`,
  by: (texts) => classify.stream(texts, { errors: "yield" }), // a row that cannot be answered has its error
});

let isFirst = true;
for await (const { line, fields, answer } of answered) {
  if (isFirst) console.log(csvRow([...Object.keys(fields), "topic", "score"]).trimEnd());
  isFirst = false;
  if (answer instanceof Error) console.error(`line ${line}: ${answer.message}`);
  const found = answer instanceof Error ? ["", ""] : [answer.label, answer.score.toFixed(4)];
  console.log(csvRow([...Object.values(fields).map(String), ...found]).trimEnd());
}
