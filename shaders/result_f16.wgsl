// The type in which a product is stored, alone and as two and four neighbours: f16. See storage_f32.

alias Result = f16;
alias Result2 = vec2h;
alias Result4 = vec4h;
