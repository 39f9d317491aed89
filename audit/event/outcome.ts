/**
 * The outcome of an exchange: the R4 code and the sentence beside it.
 *
 * 0 success (304 and 202 included); 4 partly, or not carried out here; 8 refused or failed by its
 * own fault; 12 the system failed. Spec: FHIR R4 AuditEvent.outcome and its error example.
 */
import type { Answer, AnswerFacts } from './exchange.ts';
import { elements, isObject, type JsonObject, type OperationOutcome } from './fhir.ts';

/** Codes of `AuditEvent.outcome`. */
export type OutcomeCode = '0' | '4' | '8' | '12';

/** Code, sentence, and the issues to be contained, if the upstream gave any. */
export interface Outcome {
  readonly code: OutcomeCode;
  readonly text: string;
  readonly issues: OperationOutcome['issue'];
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** `HTTP 404 Not Found`. */
export function statusText(status: number): string {
  const reason = reasons[status];
  return reason === undefined ? `HTTP ${String(status)}` : `HTTP ${String(status)} ${reason}`;
}

const severities = new Set(['fatal', 'error', 'warning', 'information']);
/** http://hl7.org/fhir/R4/valueset-issue-type.html (required binding). */
const issueTypes = new Set(
  (
    'invalid structure required value invariant security login unknown expired forbidden ' +
    'suppressed processing not-supported duplicate multiple-matches not-found deleted too-long ' +
    'code-invalid extension too-costly business-rule conflict transient lock-error no-store ' +
    'exception timeout incomplete throttled informational'
  ).split(' '),
);
const maxIssues = 16;

type Issue = NonNullable<OperationOutcome['issue']>[number];

/** Severity and code of each issue; diagnostics and details may hold clinical content. */
function redactIssues(outcome: JsonObject): Issue[] {
  const issues: Issue[] = [];
  for (const json of elements(outcome['issue']).slice(0, maxIssues)) {
    if (!isObject(json)) continue;
    const { severity, code } = json as { severity?: unknown; code?: unknown };
    issues.push({
      severity: (severities.has(severity as string) ? severity : 'error') as Issue['severity'],
      code: (issueTypes.has(code as string) ? code : 'processing') as Issue['code'],
    });
  }
  return issues;
}

function issuesOf(facts: AnswerFacts): Issue[] {
  const json = facts.inspection.kind === 'json' ? facts.inspection.json : undefined;
  if (!isObject(json)) return [];
  if (json['resourceType'] === 'OperationOutcome') {
    return facts.status >= 400 ? redactIssues(json) : [];
  }
  if (json['resourceType'] !== 'Bundle') return [];
  const issues: Issue[] = [];
  for (const entry of elements(json['entry'])) {
    const resource = isObject(entry) ? entry['resource'] : undefined;
    if (!isObject(resource) || resource['resourceType'] !== 'OperationOutcome') continue;
    for (const issue of redactIssues(resource)) {
      const isError = issue.severity === 'error' || issue.severity === 'fatal';
      if (isError && issues.length < maxIssues) issues.push(issue);
    }
  }
  return issues;
}

function codeOfStatus(status: number): OutcomeCode {
  if (status >= 500) return '12';
  if (status >= 400) return '8';
  return (status >= 200 && status < 300) || status === 304 ? '0' : '4';
}

/** Entries of a batch answer, and those that failed: as a whole it is a success to HTTP. */
function batchEntries(facts: AnswerFacts): { readonly all: number; readonly failed: number } {
  const json = facts.inspection.kind === 'json' ? facts.inspection.json : undefined;
  if (!isObject(json) || json['type'] !== 'batch-response') return { all: 0, failed: 0 };
  const entries = elements(json['entry']);
  const failed = entries.filter((entry) => {
    const response = isObject(entry) ? entry['response'] : undefined;
    const status = isObject(response) ? response['status'] : undefined;
    return typeof status === 'string' && /^[45]/.test(status);
  });
  return { all: entries.length, failed: failed.length };
}

/** What else is known of the exchange. */
export interface OutcomeContext {
  /** True when the request can change the EHR: without an answer its effect is unknown. */
  readonly changes: boolean;
  readonly isHead: boolean;
  /** True for a conditional create that found a match. */
  readonly isMatch: boolean;
}

function ofAnswer(facts: AnswerFacts, { isHead, isMatch }: OutcomeContext): Outcome {
  const issues = issuesOf(facts);
  const { all, failed } = batchEntries(facts);
  let code = codeOfStatus(facts.status);
  if (code === '0' && (issues.length > 0 || failed > 0)) code = '4';
  let text = statusText(facts.status);
  if (facts.status === 304) text += ', no body';
  else if (isHead) text += ', headers only';
  else if (isMatch) text += ', nothing created: there was a match';
  else if (failed > 0) text += `, ${String(failed)} of ${String(all)} entries failed`;
  const codes = [...new Set(issues.map((issue) => issue.code))];
  return { code, text: codes.length === 0 ? text : `${text}; ${codes.join(', ')}`, issues };
}

/** The outcome of an answer, or of none. */
export function outcomeOf(answer: Answer, context: OutcomeContext): Outcome {
  const { changes } = context;
  const unknown = changes ? '; effect unknown' : '';
  switch (answer.kind) {
    case 'answered':
      return ofAnswer(answer, context);
    case 'refused': {
      const withheld =
        answer.withheld === undefined
          ? ''
          : `; upstream answered ${statusText(answer.withheld.status)}`;
      if (answer.reason === 'preflight-answered') {
        return { code: '0', text: `${statusText(answer.status)}; CORS preflight`, issues: [] };
      }
      const text = `${statusText(answer.status)}; refused by the gateway: ${answer.reason}${withheld}`;
      return { code: answer.status >= 500 ? '12' : '8', text, issues: [] };
    }
    case 'unreachable': {
      const sent = answer.reason === 'reset' || answer.reason === 'protocol' ? unknown : '';
      const text = `${statusText(502)}; upstream unreachable: ${answer.reason}${sent}`;
      return { code: '12', text, issues: [] };
    }
    case 'timed-out':
      return { code: '12', text: `${statusText(504)}; upstream timed out${unknown}`, issues: [] };
    case 'stale-copy': {
      const { ageSeconds, failure } = answer;
      const how =
        typeof failure === 'number'
          ? `answered ${statusText(failure)}`
          : `gave no answer: ${failure}`;
      const text = `${statusText(200)}; a copy ${String(ageSeconds)} s old, as the upstream ${how}`;
      return { code: '4', text, issues: [] };
    }
    case 'failed':
      return { code: '12', text: `${statusText(500)}; gateway fault${unknown}`, issues: [] };
    case 'client-gone': {
      const { upstream } = answer;
      if (upstream === undefined) {
        const text = `client gone before any answer${unknown}`;
        return { code: changes ? '12' : '4', text, issues: [] };
      }
      const { code, text, issues } = ofAnswer(upstream, context);
      const combined = `client gone before release; upstream answered ${text}`;
      return { code: code === '0' ? '4' : code, text: combined, issues };
    }
  }
}
