/** Makes a report, and says whether it has the curve. */

import { newTrainerState, trainingReport } from "../../../mod.ts";

const state = newTrainerState({ log_history: [{ loss: 1, step: 1, epoch: 1 }, { loss: 0.5, step: 2, epoch: 2 }] });
const page = await trainingReport({ title: "A training", state });
console.log(page.includes("<figcaption>Loss</figcaption>"));
