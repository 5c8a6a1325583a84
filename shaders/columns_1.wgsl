// How many neighbouring columns a kernel over [rows, C] handles as one value: one, for any C.

alias Columns = f32;
alias StoredColumns = Stored;
const COLUMNS = 1u;
