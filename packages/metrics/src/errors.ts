export { InputError } from "@er/errors";
