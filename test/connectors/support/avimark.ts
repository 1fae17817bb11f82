import type { Row, Tables } from './sql-server.js';

export const avimarkTables: Tables = {
  CLIENT: {
    CLIENT_ID: 'int',
    CLIENT_RECD: 'char(1)',
    CLIENT_TITLE: 'varchar(20)',
    CLIENT_FIRST: 'varchar(50)',
    CLIENT_LAST: 'varchar(50)',
    CLIENT_SPOUSE: 'varchar(50)',
    CLIENT_EMAIL: 'int',
    CLIENT_AREA: 'varchar(5)',
    CLIENT_PHONE: 'varchar(20)',
    CLIENT_BUSINESS: 'varchar(20)',
    CLIENT_CELL: 'int',
    CLIENT_CODES: 'varchar(20)',
    CLIENT_CLASS: 'tinyint',
    CLIENT_SUSPEND: 'bit',
    CLIENT_ADDED: 'datetime',
  },
  ANIMAL: {
    ID: 'int',
    ANIMAL_CLIENT: 'int',
    ANIMAL_RECD: 'char(1)',
    ANIMAL_NAME: 'varchar(50)',
    ANIMAL_SPECIES: 'varchar(30)',
    ANIMAL_BREED: 'varchar(50)',
    ANIMAL_SEX: 'char(1)',
    ANIMAL_BIRTHDAY: 'datetime',
    ANIMAL_DEATH: 'datetime',
  },
  SPLIT: {
    ID: 'int',
    SPLIT_RECD: 'char(1)',
    SPLIT_CLIENT: 'int',
    SPLIT_ANIMAL: 'int',
    SPLIT_PERCENT: 'tinyint',
    SPLIT_ENDDATE: 'datetime',
    SPLIT_ULTIMATEAUTHORITY: 'bit',
  },
  PHRASE: { ID: 'int', PHRASE_TEXT: 'varchar(255)' },
};

/** AVImark's "no date". */
const dayZero = '1900-01-01 00:00:00';

export function avimarkClient(id: number, change: Row = {}): Row {
  return {
    CLIENT_ID: id,
    CLIENT_RECD: 'A',
    CLIENT_FIRST: `First${id}`,
    CLIENT_LAST: `Last${id}`,
    CLIENT_EMAIL: 0,
    CLIENT_AREA: '780',
    CLIENT_PHONE: '779-7350',
    CLIENT_CELL: 0,
    CLIENT_CLASS: 1,
    CLIENT_SUSPEND: 0,
    CLIENT_ADDED: '2015-06-07 00:00:00',
    ...change,
  };
}

export function avimarkAnimal(id: number, client: number, change: Row = {}): Row {
  return {
    ID: id,
    ANIMAL_CLIENT: client,
    ANIMAL_RECD: 'A',
    ANIMAL_NAME: `Rex${id}`,
    ANIMAL_SPECIES: 'CANINE',
    ANIMAL_BREED: 'Beagle',
    ANIMAL_SEX: 'M',
    ANIMAL_BIRTHDAY: '2020-02-03 00:00:00',
    ANIMAL_DEATH: dayZero,
    ...change,
  };
}

export const avimarkRows: Record<string, Row[]> = {
  CLIENT: [
    avimarkClient(1, {
      CLIENT_LAST: 'Muñoz’s',
      CLIENT_SPOUSE: 'Bo',
      CLIENT_EMAIL: 11,
      CLIENT_CELL: 12,
      CLIENT_BUSINESS: '(403) 555-0100',
      CLIENT_TITLE: 'Dr.',
    }),
    avimarkClient(2, { CLIENT_RECD: 'D', CLIENT_ADDED: dayZero }),
    avimarkClient(3, { CLIENT_SUSPEND: 1, CLIENT_CLASS: 9, CLIENT_PHONE: '780.779-7350' }),
    avimarkClient(4, { CLIENT_EMAIL: 4711 }),
    ...Array.from({ length: 40 }, (_, at) => avimarkClient(100 + at)),
  ],
  ANIMAL: [
    avimarkAnimal(1, 1),
    avimarkAnimal(2, 1, {
      ANIMAL_SPECIES: 'FELINE',
      ANIMAL_SEX: 'S',
      ANIMAL_DEATH: '2021-08-09 00:00:00',
      ANIMAL_BIRTHDAY: dayZero,
    }),
    avimarkAnimal(3, 3, { ANIMAL_RECD: 'D' }),
    avimarkAnimal(4, 3, { ANIMAL_SEX: 'N' }),
    ...Array.from({ length: 40 }, (_, at) => avimarkAnimal(100 + at, 100 + at)),
  ],
  SPLIT: [
    {
      ID: 1,
      SPLIT_RECD: 'A',
      SPLIT_CLIENT: 1,
      SPLIT_ANIMAL: 1,
      SPLIT_PERCENT: 70,
      SPLIT_ENDDATE: dayZero,
      SPLIT_ULTIMATEAUTHORITY: 1,
    },
    {
      ID: 2,
      SPLIT_RECD: 'A',
      SPLIT_CLIENT: 3,
      SPLIT_ANIMAL: 1,
      SPLIT_PERCENT: 30,
      SPLIT_ENDDATE: dayZero,
      SPLIT_ULTIMATEAUTHORITY: 0,
    },
    {
      ID: 3,
      SPLIT_RECD: 'A',
      SPLIT_CLIENT: 4,
      SPLIT_ANIMAL: 1,
      SPLIT_PERCENT: 50,
      SPLIT_ENDDATE: '2020-01-01 00:00:00',
      SPLIT_ULTIMATEAUTHORITY: 0,
    },
    {
      ID: 4,
      SPLIT_RECD: 'D',
      SPLIT_CLIENT: 4,
      SPLIT_ANIMAL: 4,
      SPLIT_PERCENT: 50,
      SPLIT_ENDDATE: dayZero,
      SPLIT_ULTIMATEAUTHORITY: 0,
    },
    {
      ID: 5,
      SPLIT_RECD: 'A',
      SPLIT_CLIENT: 4,
      SPLIT_ANIMAL: 4,
      SPLIT_PERCENT: 20,
      SPLIT_ENDDATE: '2999-01-01 00:00:00',
      SPLIT_ULTIMATEAUTHORITY: 0,
    },
  ],
  PHRASE: [
    { ID: 11, PHRASE_TEXT: 'ann@example.com ' },
    { ID: 12, PHRASE_TEXT: '780-555-0133' },
  ],
};
