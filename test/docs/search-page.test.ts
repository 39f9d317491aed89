/** What `docs/search.md` says against the review face itself: its questions, its table of parameters. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { searchParameters } from '../../audit/search/index.ts';
import { startReviewFace, type ReviewFace } from '../support/review-face.ts';
import { readEventText } from '../support/search-events.ts';

const page = readFileSync(new URL('../../docs/search.md', import.meta.url), 'utf8');

/** Cells of the rows of the table whose header begins with a word; `\|` is a bar. */
function rowsOf(header: string): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${header} `));
  const table = lines.slice(start + 2);
  return table
    .slice(
      0,
      table.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
}

const codesIn = (cell = ''): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

let face: ReviewFace;
beforeAll(async () => {
  face = await startReviewFace();
  await face.home.append([readEventText('one', 'Patient/zoe')]);
});
afterAll(() => face.close());

describe('docs/search.md', () => {
  const questions = rowsOf('question').flatMap(([question = '', queries]) =>
    codesIn(queries).map((query) => ({ question, query })),
  );

  it('has questions', () => {
    expect(questions.length).toBeGreaterThan(12);
  });

  it.each(questions)('asks what can be asked: $question $query', async ({ query }) => {
    const answer = await face.ask('get', `/fhir/AuditEvent?${encodeURI(query)}`);
    expect(answer.text).toContain('"searchset"');
    expect(answer.status).toBe(200);
  });

  it('finds who saw a patient by the first of them', async () => {
    const answer = await face.ask('get', `/fhir/AuditEvent?${questions[0]?.query ?? ''}`);
    expect(answer.text).toContain('"id":"one"');
  });

  it('lists every parameter that there is, and no other', () => {
    const listed = rowsOf('parameter').flatMap(([names]) => codesIn(names));
    expect([...listed].sort()).toEqual(searchParameters.map(({ name }) => name).sort());
  });
});
