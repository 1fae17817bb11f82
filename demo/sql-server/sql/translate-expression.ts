import { SqlError, sqlErrors } from '../sql-error.js';
import type { SqlType } from '../wire/type-info.js';
import { aggregateSql, isAggregate } from './aggregates.js';
import type { Expression, Order } from './ast.js';
import { castSql } from './cast.js';
import { callSql } from './functions.js';
import { familyOf, literalSql, quoteText } from './literal.js';
import type { Scope } from './scope.js';
import type { Translation } from './translation.js';
import { commonType, converted, isNullConstant, textLike } from './types.js';
import type { Emitted } from './types.js';

/** Translates a value to MariaDB SQL, in parentheses where precedence could matter. */
export function expressionSql(node: Expression, scope: Scope, on: Translation): Emitted {
  const sub = (inner: Expression): Emitted => expressionSql(inner, scope, on);
  switch (node.kind) {
    case 'literal':
      return { sql: literalSql(node.value, node.type), type: node.type, constant: node.value };
    case 'parameter':
      return parameterSql(node.name, on);
    case 'global':
      return globalSql(node.name, on);
    case 'column':
      return on.column(scope.find(node.qualifier, node.name));
    case 'unary':
      return unarySql(node.operator, sub(node.operand));
    case 'binary':
      return binarySql(node.operator, sub(node.left), sub(node.right));
    case 'cast':
      return castSql(sub(node.operand), node.type, node.style, node.orNull);
    case 'case':
      return caseSql(node, scope, on);
    case 'iif': {
      const [then, otherwise] = [sub(node.then), sub(node.otherwise)];
      const type = commonType([then, otherwise]);
      const condition = on.condition(node.condition, scope);
      return {
        sql: `CASE WHEN ${condition} THEN ${converted(then, type)} ELSE ${converted(otherwise, type)} END`,
        type,
      };
    }
    case 'collate': {
      const operand = sub(node.operand);
      const binary = /_BIN2?$/i.test(node.collation);
      return {
        type: operand.type,
        sql: binary ? `(CONVERT(${operand.sql} USING utf8mb4) COLLATE utf8mb4_bin)` : operand.sql,
      };
    }
    case 'subquery': {
      const { sql, columns } = on.subquery(node.query, scope);
      if (columns.length !== 1) {
        throw new SqlError(
          116,
          'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
        );
      }
      return { sql: `(${sql})`, type: columns[0]?.type as SqlType };
    }
    case 'call': {
      if (!isAggregate(node.name)) {
        if (node.star || node.distinct || node.over !== null) throw sqlErrors.syntax(node.star ? '*' : node.name);
        return callSql(node.name, node.arguments.map(sub), on.session);
      }
      if (node.arguments.length > 1) throw sqlErrors.wrongArguments(node.name, '1');
      const [argument] = node.arguments.map(sub);
      const over = node.over === null ? null : overSql(node.over.partition, node.over.order, sub);
      return aggregateSql({ name: node.name, argument: argument ?? null, distinct: node.distinct, over });
    }
  }
}

function parameterSql(name: string, on: Translation): Emitted {
  const parameter = on.parameters.get(name.toLowerCase());
  if (parameter === undefined) throw sqlErrors.undeclared(name);
  return {
    sql: literalSql(parameter.value, parameter.type),
    type: parameter.type,
    constant: parameter.value,
  };
}

function globalSql(name: string, on: Translation): Emitted {
  const texts: Record<string, string> = {
    '@@VERSION': 'Microsoft SQL Server 2016 (stand-in) - 13.0.4188.0',
    '@@SERVERNAME': 'STANDIN',
    '@@LANGUAGE': 'us_english',
  };
  const numbers: Record<string, number> = {
    '@@SPID': on.sessionId,
    '@@TRANCOUNT': 0,
    '@@DATEFIRST': 7,
    '@@LOCK_TIMEOUT': on.lockTimeout,
  };
  if (texts[name] !== undefined) return { sql: quoteText(texts[name]), type: { name: 'nvarchar', length: 300 } };
  if (numbers[name] !== undefined) return { sql: String(numbers[name]), type: { name: 'int' } };
  throw sqlErrors.undeclared(name);
}

function unarySql(operator: string, operand: Emitted): Emitted {
  if (familyOf(operand.type) !== 'number')
    throw new SqlError(8117, `Operand data type ${operand.type.name} is invalid for minus operator.`);
  return { sql: `(${operator}${operand.sql})`, type: operand.type };
}

const wholeNumbers = ['bit', 'tinyint', 'smallint', 'int', 'bigint'];

function binarySql(operator: string, left: Emitted, right: Emitted): Emitted {
  const type = commonType([left, right]);
  const family = familyOf(type);
  const clash = family !== familyOf(left.type) || family !== familyOf(right.type);
  const isKnown = (side: Emitted): boolean => familyOf(side.type) === family || side.constant !== undefined;
  if (clash && !(isKnown(left) && isKnown(right)) && !isNullConstant(left) && !isNullConstant(right)) {
    throw sqlErrors.notANumber(`a ${familyOf(left.type)} ${operator} a ${familyOf(right.type)}`, type.name);
  }
  const [a, b] = [converted(left, type), converted(right, type)];
  if (family === 'text') {
    if (operator !== '+')
      throw new SqlError(
        402,
        `The data types ${left.type.name} and ${right.type.name} are incompatible in the ${operator} operator.`,
      );
    return {
      sql: `CONCAT(${a},${b})`,
      type: textLike(type, Math.min(4000, (left.type.length ?? 1) + (right.type.length ?? 1)) || -1),
    };
  }
  if (family !== 'number') throw sqlErrors.typesClash(left.type.name, right.type.name);
  const isWhole = wholeNumbers.includes(type.name);
  const sql = operator === '/' && isWhole ? `(${a} DIV ${b})` : `(${a} ${operator} ${b})`;
  return {
    sql,
    type: type.name === 'decimal' ? { ...type, precision: 38, scale: Math.max(6, type.scale ?? 0) } : type,
  };
}

function caseSql(node: Extract<Expression, { kind: 'case' }>, scope: Scope, on: Translation): Emitted {
  const sub = (inner: Expression): Emitted => expressionSql(inner, scope, on);
  const results = [
    ...node.branches.map((branch) => sub(branch.then)),
    ...(node.otherwise === null ? [] : [sub(node.otherwise)]),
  ];
  const type = commonType(results);
  const operand = node.operand === null ? null : sub(node.operand);
  const whens = node.branches.map(({ when }, at) => {
    const test =
      operand === null ? on.condition(when as never, scope) : converted(sub(when as Expression), operand.type);
    return `WHEN ${test} THEN ${converted(results[at] as Emitted, type)}`;
  });
  const otherwise = node.otherwise === null ? '' : ` ELSE ${converted(results.at(-1) as Emitted, type)}`;
  return {
    sql: `(CASE ${operand === null ? '' : `${operand.sql} `}${whens.join(' ')}${otherwise} END)`,
    type,
  };
}

function overSql(partition: Expression[], order: Order[], sub: (node: Expression) => Emitted): string {
  const parts: string[] = [];
  if (partition.length > 0) parts.push(`PARTITION BY ${partition.map((node) => sub(node).sql).join(',')}`);
  if (order.length > 0) {
    parts.push(
      `ORDER BY ${order.map(({ expression, descending }) => sub(expression).sql + (descending ? ' DESC' : '')).join(',')}`,
    );
  }
  return parts.join(' ');
}
