import { Problem, type ProblemParts } from '../src/lib/problem.js';

/** An anticipated error of the demo or the benchmark; its code is in no catalog. */
export class ToolProblem extends Problem {
  constructor(parts: Omit<ProblemParts, 'code'> & { code: string; help: string }) {
    super(parts as ProblemParts);
  }
}
