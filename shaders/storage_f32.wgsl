// The type in which a kernel's tensors are stored, alone and as two and four neighbours: f32. Kernels compute in f32 whatever
// the type: they convert what they load, and what they store.

alias Stored = f32;
alias Stored2 = vec2f;
alias Stored4 = vec4f;
// Four neighbours a texel; see texels.
alias Texels = texture_storage_2d<rgba32float, read>;
