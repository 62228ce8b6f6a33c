// What a client sent and we did not take as a request, by Node's codes: for its answer, and for the timeline of its boot.

export interface DroppedRequest {
  /** The status line's end: `431 Request Header Fields Too Large`. */
  readonly status: string
  readonly reason: string
}

/** Undefined when the client itself went away. */
export function droppedRequest(code: string | undefined): DroppedRequest | undefined {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined
    case 'HPE_HEADER_OVERFLOW':
      return { status: '431 Request Header Fields Too Large', reason: 'a request whose headers are too long' }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: '408 Request Timeout', reason: 'a request that was not whole in time' }
    default:
      return { status: '400 Bad Request', reason: `what is no HTTP request (${code ?? 'unknown fault'})` }
  }
}
