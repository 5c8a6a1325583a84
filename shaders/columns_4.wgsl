// How many neighbouring columns a kernel over [rows, C] handles as one value: four, for C that four divides.

alias Columns = vec4f;
alias StoredColumns = Stored4;
const COLUMNS = 4u;
