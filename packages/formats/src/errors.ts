// The one class of error that is the reader's own doing: a file that is not what it was said to be, a spec that names
// nothing. Everything else that is thrown here is a bug.
export { InputError } from "@er/errors";
