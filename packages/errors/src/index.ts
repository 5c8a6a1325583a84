// The public surface of @er/errors.
export { InputError } from "./input-error.js";
export { printable } from "./printable.js";
