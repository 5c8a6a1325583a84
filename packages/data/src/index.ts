// The public surface of @er/data.
export { type AlignedClasses, alignClasses } from "./align-classes.js";
export { CIFAR10_CLASSES, classList } from "./class-names.js";
export { readInput } from "./files.js";
export { type ImageSet, imageSubset } from "./image-set.js";
export { imagePng } from "./images/image-png.js";
export { knownScheme, type LoadOptions, loadImageSet } from "./load.js";
export { PROCEDURAL_CLASSES } from "./procedural/domains.js";
