// How an agent gets its next version: `GET /agent/bundle` over TLS with its certificate, when the request upgrade has told of it.

export const BUNDLE_PATH = '/agent/bundle'
