// What a decoded image is.

/** In pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** An image in RGB. */
export interface Pixels extends Size {
  /** [height, width, 3], row-major, red first. */
  readonly data: Uint8Array;
}
