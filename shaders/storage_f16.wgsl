// The type in which a kernel's tensors are stored, alone and as two and four neighbours: f16. See storage_f32.

enable f16;

alias Stored = f16;
alias Stored2 = vec2h;
alias Stored4 = vec4h;
alias Texels = texture_storage_2d<rgba16float, read>;
