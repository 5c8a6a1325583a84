// The type in which a product is stored, alone and as two and four neighbours: f32. See storage_f32.

alias Result = f32;
alias Result2 = vec2f;
alias Result4 = vec4f;
