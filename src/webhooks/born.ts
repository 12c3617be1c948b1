import type { Express } from 'express';
import { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The classes of requests and responses for a server of this app. Express gives every request and response
 * its app's prototype, and V8 from then on treats each as an object like no other: two thirds of the cost
 * of a small request. Born with that prototype, they are given what they have.
 *
 * The app's prototypes become those of the classes, and its former ones stand behind them.
 */
export function bornFor(app: Express) {
  class Request extends IncomingMessage {}
  class Response extends ServerResponse<Request> {}
  app.request = Object.setPrototypeOf(Request.prototype, app.request);
  app.response = Object.setPrototypeOf(Response.prototype, app.response);
  return { IncomingMessage: Request, ServerResponse: Response };
}
