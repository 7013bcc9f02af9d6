/** The one dependency of this layer: tokenizer.json in JavaScript, by Hugging Face. */
export { Tokenizer } from "npm:@huggingface/tokenizers@0.2.0";
