/** An error with SQL Server's number and message, so that a driver and its caller see the same as with a real server. */
export class SqlError extends Error {
  readonly number: number;
  readonly level: number;

  constructor(number: number, message: string, level = 16) {
    super(message);
    this.number = number;
    this.level = level;
  }
}

/** The errors of sys.messages that this server gives. */
export const sqlErrors = {
  syntax: (near: string, reason?: string) =>
    new SqlError(102, `Incorrect syntax near '${near}'.${reason ? ` (This stand-in: ${reason}.)` : ''}`, 15),
  undeclared: (name: string) => new SqlError(137, `Must declare the scalar variable "${name}".`, 15),
  notAFunction: (name: string) => new SqlError(195, `'${name}' is not a recognized built-in function name.`, 15),
  column: (name: string) => new SqlError(207, `Invalid column name '${name}'.`),
  object: (name: string) => new SqlError(208, `Invalid object name '${name}'.`),
  ambiguous: (name: string) => new SqlError(209, `Ambiguous column name '${name}'.`),
  unbound: (name: string) => new SqlError(4104, `The multi-part identifier "${name}" could not be bound.`),
  notGrouped: (detail: string) =>
    new SqlError(
      8120,
      `A column is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause. (${detail})`,
    ),
  denied: (number: 229 | 230, what: string, database: string) =>
    new SqlError(number, `The SELECT permission was denied on the ${what}, database '${database}', schema 'dbo'.`, 14),
  noProcedure: (name: string) => new SqlError(2812, `Could not find stored procedure '${name}'.`),
  loginFailed: (user: string) => new SqlError(18456, `Login failed for user '${user}'.`, 14),
  noDatabase: (database: string) =>
    new SqlError(4060, `Cannot open database "${database}" requested by the login. The login failed.`, 11),
  lockTimeout: () => new SqlError(1222, 'Lock request time out period exceeded.'),
  severe: (detail: string) => new SqlError(50000, `The stand-in's own database refused the statement: ${detail}`),
};
