// A tensor of torch as its pickle describes it, over a storage that tensors may share. Nothing is read before it is asked
// for; what is described is checked against what there is when the file is opened.

import type { ByteSource } from "./byte-source.js";
import { InputError } from "./errors.js";
import { type DType, elementCount, fromOwnBytes, itemBytes, type NdArray } from "./ndarray.js";
import { PickleObject } from "./pickle-values.js";

/** A run of elements that tensors share. */
export class TorchStorage extends PickleObject {
  /** its bytes, once the file has been searched for them; of a view, the storage's that it views */
  #place: ByteSource | undefined;

  constructor(
    readonly key: string,
    readonly dtype: DType,
    readonly length: number,
    /** where a legacy view begins in its storage, in elements */
    readonly viewOffset = 0,
    readonly root: TorchStorage | undefined = undefined,
  ) {
    super();
  }

  get place(): ByteSource | undefined {
    return this.root === undefined ? this.#place : this.root.place;
  }

  /** @throws InputError where there are fewer bytes than elements */
  lieAt(place: ByteSource, what: string): void {
    if (place.size < this.length * itemBytes(this.dtype)) {
      throw new InputError(
        `${what}: storage "${this.key}" has ${place.size} bytes; expected ${this.length} elements of ${this.dtype}`,
      );
    }
    this.#place = place;
  }
}

/** A tensor as described: where it begins in its storage and how far apart its elements lie, in elements. */
export class TorchTensor extends PickleObject {
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: DType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }

  override build(): void {
    // Attributes of a tensor hold no weights.
  }

  /**
   * Bytes of the storage from the first element to past the last.
   *
   * @throws InputError where the storage is missing, or the tensor reaches outside it
   */
  span(what: string): { start: number; length: number; place: ByteSource | undefined } {
    const size = itemBytes(this.dtype);
    const start = this.offset + this.storage.viewOffset;
    const { place } = this.storage;
    if (elementCount(this.shape, what) === 0) return { start: 0, length: 0, place };
    if (place === undefined) throw new InputError(`${what}: storage "${this.storage.key}" is missing from the file`);
    let last = start;
    for (const [axis, extent] of this.shape.entries()) last += (extent - 1) * this.strides[axis]!;
    const end = Math.min(place.size, (this.storage.viewOffset + this.storage.length) * itemBytes(this.storage.dtype));
    if (!((last + 1) * size <= end)) {
      throw new InputError(
        `${what}: [${this.shape.join(", ")}] reaches past its storage's ${this.storage.length} elements; is the file truncated?`,
      );
    }
    return { start: start * size, length: (last + 1 - start) * size, place };
  }

  /**
   * The elements in C order.
   *
   * @throws InputError as `span`
   */
  async read(what: string): Promise<NdArray> {
    const { start, length, place } = this.span(what);
    const bytes = place === undefined || length === 0 ? new Uint8Array(0) : await place.read(start, length);
    const inOrder = length === 0 || this.#contiguous();
    return fromOwnBytes(this.dtype, this.shape, inOrder ? bytes : this.#gather(bytes), what);
  }

  #contiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return false;
      expected *= this.shape[axis]!;
    }
    return true;
  }

  #gather(bytes: Uint8Array): Uint8Array {
    const size = itemBytes(this.dtype);
    const out = new Uint8Array(elementCount(this.shape, "") * size);
    const index = this.shape.map(() => 0);
    let from = 0;
    for (let to = 0; to < out.length; to += size) {
      for (let j = 0; j < size; j++) out[to + j] = bytes[from * size + j]!;
      for (let axis = this.shape.length - 1; axis >= 0; axis--) {
        from += this.strides[axis]!;
        index[axis]!++;
        if (index[axis]! < this.shape[axis]!) break;
        from -= this.strides[axis]! * this.shape[axis]!;
        index[axis] = 0;
      }
    }
    return out;
  }
}
