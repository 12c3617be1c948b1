import express, { type Request, type RequestHandler, type Response } from 'express';
import { OpsProblem } from './problem.js';

/** More than any form of ours, bytes. */
const LIMIT = 16 * 1024;
const FORM = 'application/x-www-form-urlencoded';

const asText: RequestHandler = express.text({ type: FORM, limit: LIMIT, inflate: false });

/**
 * What a form was filled in with.
 * @throws OpsProblem when it is no form, or over 16 kB
 */
export async function readForm(req: Request, res: Response): Promise<URLSearchParams> {
  if (!req.is(FORM)) throw new OpsProblem('media_type');
  try {
    await run(asText, req, res);
  } catch (error) {
    throw problemOf(error);
  }
  const body: unknown = req.body;
  return new URLSearchParams(typeof body === 'string' ? body : '');
}

/** A middleware as a promise. */
export const run = (handler: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    const next = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
    void Promise.resolve(handler(req, res, next)).catch(reject);
  });

function problemOf(error: unknown): OpsProblem {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'status') : null;
  if (status === 413) return new OpsProblem('too_large');
  return new OpsProblem(status === 415 ? 'media_type' : 'bad_request');
}
