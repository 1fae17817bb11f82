type Value = number | string | null;
export type Row = Record<string, Value>;

/** Returns tables in the shape of Cornerstone's views. `types` renames types; `key` is the type of client keys. */
export function cornerstoneTables(types: Record<string, string> = {}, key = 'integer'): string[] {
  const timestamp = types.timestamp ?? 'timestamp';
  return [
    `CREATE TABLE pp_client (client_key ${key} NOT NULL PRIMARY KEY, client_number varchar(20), title varchar(20), first_name varchar(50),
       last_name varchar(50), spouse_first varchar(50), spouse_last varchar(50), email varchar(255), phone1 varchar(30),
       phone1_label varchar(20), phone2 varchar(30), phone2_label varchar(20), phone3 varchar(30), phone3_label varchar(20),
       is_inactive smallint, classification varchar(20), sends_reminders smallint, practice_id varchar(3), created_at ${timestamp} NULL)`,
    `CREATE TABLE pp_patient (patient_key integer NOT NULL PRIMARY KEY, name varchar(50), species varchar(30), breed varchar(50),
       sex varchar(20), is_neutered smallint, birth_date date, death_date date, is_inactive smallint)`,
    `CREATE TABLE pp_ownership (patient_key integer, client_key ${key}, ownership_pct decimal(5,2), is_primary smallint,
       gets_reminders smallint)`,
  ];
}

const literal = (value: Value): string =>
  value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;

/** Builds plain SQL that inserts rows with the same columns. */
export function insert(table: string, ...rows: Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map((row) => `(${columns.map((column) => literal(row[column] ?? null)).join(', ')})`);
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values.join(', ')}`;
}

/** Makes ordinary clients with the given keys and one dog each. */
export function ordinaryClients(count: number, from = 1): string[] {
  const statements: string[] = [];
  for (let start = from; start < from + count; start += 500) {
    const keys = Array.from({ length: Math.min(500, from + count - start) }, (_, at) => start + at);
    statements.push(
      insert('pp_client', ...keys.map((key) => ordinaryClient(key))),
      insert('pp_patient', ...keys.map((key) => ordinaryPet(key + 1_000_000))),
      insert(
        'pp_ownership',
        ...keys.map((key) => ({
          patient_key: key + 1_000_000,
          client_key: key,
          ownership_pct: 100,
          is_primary: 1,
        })),
      ),
    );
  }
  return statements;
}

export function ordinaryClient(key: number | string, change: Row = {}): Row {
  return {
    client_key: key,
    client_number: `C${key}`,
    first_name: `First${key}`,
    last_name: `Last${key}`,
    email: `c${key}@example.com`,
    phone1: '555-0100',
    phone1_label: 'Home',
    is_inactive: 0,
    sends_reminders: 1,
    practice_id: 'ELM',
    created_at: '2024-05-06 07:08:09',
    ...change,
  };
}

export function ordinaryPet(key: number, change: Row = {}): Row {
  return {
    patient_key: key,
    name: `Rex${key}`,
    species: 'CANINE',
    breed: 'Beagle',
    sex: 'M',
    is_neutered: 1,
    birth_date: '2020-02-03',
    death_date: null,
    is_inactive: 0,
    ...change,
  };
}
