/** An error with SQL Server's number and message, so that a driver and its caller see the same as with a real server. */
export class SqlError extends Error {
  readonly number: number;
  readonly level: number;
  readonly state: number;

  constructor(number: number, message: string, level = 16, state = 1) {
    super(message);
    this.name = 'SqlError';
    this.number = number;
    this.level = level;
    this.state = state;
  }
}

const why = (reason?: string): string => (reason === undefined ? '' : ` (This stand-in: ${reason}.)`);

/** The errors of sys.messages that this server gives. */
export const sqlErrors = {
  syntax: (near: string, reason?: string) => new SqlError(102, `Incorrect syntax near '${near}'.${why(reason)}`, 15),
  keyword: (near: string, reason?: string) =>
    new SqlError(156, `Incorrect syntax near the keyword '${near}'.${why(reason)}`, 15),
  unclosedQuote: (text: string) =>
    new SqlError(105, `Unclosed quotation mark after the character string '${text}'.`, 15),
  undeclared: (name: string) => new SqlError(137, `Must declare the scalar variable "${name}".`, 15, 2),
  notAFunction: (name: string) => new SqlError(195, `'${name}' is not a recognized built-in function name.`, 15, 10),
  notASetOption: (name: string) => new SqlError(195, `'${name}' is not a recognized SET option.`, 15, 5),
  wrongArguments: (name: string, count: string) =>
    new SqlError(174, `The ${name.toLowerCase()} function requires ${count} argument(s).`, 15),
  column: (name: string) => new SqlError(207, `Invalid column name '${name}'.`),
  object: (name: string) => new SqlError(208, `Invalid object name '${name}'.`),
  ambiguous: (name: string) => new SqlError(209, `Ambiguous column name '${name}'.`),
  unbound: (name: string) => new SqlError(4104, `The multi-part identifier "${name}" could not be bound.`),
  notAType: (name: string) => new SqlError(243, `Type ${name} is not a defined system type.`),
  notADate: () => new SqlError(241, 'Conversion failed when converting date and/or time from character string.'),
  notANumber: (text: string, type: string) =>
    new SqlError(245, `Conversion failed when converting the varchar value '${text}' to data type ${type}.`),
  notAGuid: () =>
    new SqlError(8169, 'Conversion failed when converting from a character string to uniqueidentifier.', 16, 2),
  typesClash: (left: string, right: string) =>
    new SqlError(206, `Operand type clash: ${left} is incompatible with ${right}`, 16, 2),
  unnamedColumn: (position: number, source: string) =>
    new SqlError(8155, `No column name was specified for column ${position} of '${source}'.`, 16, 2),
  twiceNamed: (column: string, source: string) =>
    new SqlError(8156, `The column '${column}' was specified multiple times for '${source}'.`),
  orderInside: () =>
    new SqlError(
      1033,
      'The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.',
      15,
    ),
  notAPredicate: (near: string) =>
    new SqlError(
      4145,
      `An expression of non-boolean type specified in a context where a condition is expected, near '${near}'.`,
      15,
    ),
  unequalUnion: () =>
    new SqlError(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
    ),
  orderPosition: (position: number) =>
    new SqlError(
      108,
      `The ORDER BY position number ${position} is out of range of the number of items in the select list.`,
      15,
    ),
  notGrouped: (detail: string) =>
    new SqlError(
      8120,
      `A column is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause. (${detail})`,
    ),
  tableDenied: (action: string, table: string, database: string) =>
    new SqlError(
      229,
      `The ${action} permission was denied on the object '${table}', database '${database}', schema 'dbo'.`,
      14,
      5,
    ),
  columnDenied: (column: string, table: string, database: string) =>
    new SqlError(
      230,
      `The SELECT permission was denied on the column '${column}' of the object '${table}', database '${database}', schema 'dbo'.`,
      14,
    ),
  statementDenied: (statement: string, database: string) =>
    new SqlError(262, `${statement} permission denied in database '${database}'.`, 14),
  noProcedure: (name: string) => new SqlError(2812, `Could not find stored procedure '${name}'.`, 16, 62),
  noHandle: (handle: number) => new SqlError(8179, `Could not find prepared statement with handle ${handle}.`, 16, 2),
  loginFailed: (user: string) => new SqlError(18456, `Login failed for user '${user}'.`, 14),
  noDatabase: (database: string) =>
    new SqlError(4060, `Cannot open database "${database}" requested by the login. The login failed.`, 11),
  lockTimeout: () => new SqlError(1222, 'Lock request time out period exceeded.', 16, 51),
  deadlock: (session: number) =>
    new SqlError(
      1205,
      `Transaction (Process ID ${session}) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.`,
      13,
      51,
    ),
  divideByZero: () => new SqlError(8134, 'Divide by zero error encountered.'),
  severe: (detail: string) => new SqlError(50000, `The stand-in's own database refused the statement: ${detail}`),
};
