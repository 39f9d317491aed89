/** Reads the form of a POST `_search`, bounded. */
import express from 'express';
import type { Request, RequestHandler, Response } from 'express';
import type { ReviewFault } from './faults.ts';

/** The form's text, or why there is none. */
export type Form =
  | { readonly kind: 'form'; readonly text: string }
  | { readonly kind: 'refused'; readonly fault: ReviewFault };

const parse: RequestHandler = express.text({ type: () => true, limit: 65_536, inflate: false });

/** Reads the body of a request as `application/x-www-form-urlencoded` text. Never rejects. */
export async function readForm(request: Request, response: Response): Promise<Form> {
  if (request.is('application/x-www-form-urlencoded') === false) {
    return { kind: 'refused', fault: 'body-unsupported' };
  }
  const error = await new Promise<unknown>((resolve) => {
    void parse(request, response, resolve);
  });
  if (error === undefined) {
    const body: unknown = request.body;
    return { kind: 'form', text: typeof body === 'string' ? body : '' };
  }
  const { status } = error as { readonly status?: unknown };
  if (status === 413) return { kind: 'refused', fault: 'body-too-large' };
  return { kind: 'refused', fault: status === 415 ? 'body-unsupported' : 'body-malformed' };
}
