// The encoder's copy of a tensor from a buffer to a texture, row by row as plan/texels.ts lays it out.
import { BYTES_PER_TEXEL, TEXELS_IN_ROW, type TexelFormat } from "../plan/texels.js";

// The flags' numbers are part of the WebGPU standard; the Node binding defines their names only once it is loaded.
const TEXTURE_USAGE = 0x2 | 0x8; // COPY_DST | STORAGE_BINDING

/** One of the rectangles that together are a tensor. */
export interface TexelCopy {
  readonly source: GPUTexelCopyBufferInfo;
  readonly destination: GPUTexelCopyTextureInfo;
  readonly size: readonly [number, number];
}

/** A texture for tensors of so many bytes. */
export function texelTexture(device: GPUDevice, bytes: number, format: TexelFormat, label: string): GPUTexture {
  const texels = Math.max(1, Math.ceil(bytes / BYTES_PER_TEXEL[format]));
  const size = [Math.min(texels, TEXELS_IN_ROW), Math.ceil(texels / TEXELS_IN_ROW)];
  return device.createTexture({ label, size, format, usage: TEXTURE_USAGE });
}

/** Of a tensor of so many bytes: all full rows at once, and the last one where it is not full. */
export function texelCopies(
  { buffer, offset }: { readonly buffer: GPUBuffer; readonly offset: number },
  texture: GPUTexture,
  bytes: number,
): TexelCopy[] {
  const bytesPerTexel = BYTES_PER_TEXEL[texture.format as TexelFormat];
  const texels = bytes / bytesPerTexel;
  const rows = Math.floor(texels / TEXELS_IN_ROW);
  const bytesPerRow = TEXELS_IN_ROW * bytesPerTexel;
  const part = (row: number, size: readonly [number, number]): TexelCopy => ({
    source: { buffer, offset: offset + row * bytesPerRow, bytesPerRow },
    destination: { texture, origin: [0, row] },
    size,
  });
  const rest = texels % TEXELS_IN_ROW;
  return [...(rows > 0 ? [part(0, [TEXELS_IN_ROW, rows])] : []), ...(rest > 0 ? [part(rows, [rest, 1])] : [])];
}
