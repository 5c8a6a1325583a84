// The three domains of the embedded benchmark: one process, other ranges. `narrow` is what is fine-tuned on and tested in
// distribution; `shifted` is the same classes collected again under other conditions; `broad` is for pre-training.

export interface Domain {
  /** Seeds the domain's stream of images. */
  readonly id: number;
  /** How many of the classes occur; the first ten are the benchmark's. */
  readonly classes: number;
  /** Largest |t| of the turn by 2 atan t. */
  readonly turn: number;
  /** Radius of the object, from and to, in half image widths. */
  readonly scale: readonly [number, number];
  /** Largest shift of the centre, in half image widths. */
  readonly shift: number;
  /** Difference in brightness between object and background, from and to. */
  readonly contrast: readonly [number, number];
  /** Amplitude of the noise on each pixel and channel. */
  readonly noise: number;
  /** Largest number of blobs behind the object. */
  readonly clutter: number;
  /** Largest share of the object's width that a bar may hide. */
  readonly occlusion: number;
  /** Chance that the background's tint tells the class. */
  readonly cue: number;
  /** Chance that the object is striped. */
  readonly stripes: number;
}

export const DOMAINS: Readonly<Record<"broad" | "narrow" | "shifted", Domain>> = {
  broad: {
    id: 1,
    classes: 20,
    turn: 0.5,
    scale: [0.55, 0.9],
    shift: 0.22,
    contrast: [0.3, 0.9],
    noise: 0.08,
    clutter: 3,
    occlusion: 0.2,
    cue: 0,
    stripes: 0.3,
  },
  narrow: {
    id: 2,
    classes: 10,
    turn: 0.25,
    scale: [0.6, 0.85],
    shift: 0.12,
    contrast: [0.35, 0.9],
    noise: 0.06,
    clutter: 2,
    occlusion: 0.1,
    cue: 0.5,
    stripes: 0.1,
  },
  shifted: {
    id: 3,
    classes: 10,
    turn: 0.4,
    scale: [0.5, 0.85],
    shift: 0.2,
    contrast: [0.25, 0.8],
    noise: 0.1,
    clutter: 3,
    occlusion: 0.2,
    cue: 0.1,
    stripes: 0.3,
  },
};

export const PROCEDURAL_CLASSES = [
  ...["disc", "ring", "square", "triangle", "cross", "star", "crescent", "bars", "arrow", "corner"],
  ...["frame", "halfdisc", "ellipse", "tee", "dots", "zigzag", "wedge", "dumbbell", "channel", "checker"],
] as const;
