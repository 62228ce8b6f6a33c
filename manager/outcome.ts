// What becomes of what a person asks for: done, or a refusal with its reason, which is for that person to read.

/** For programs. `unread`: it rests on what could not be read of a host; `identity`: who would be approved is not who was looked at. */
export const PROBLEM_CODES = ['unread', 'identity'] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

export type Done<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'missing'; readonly reason: string }
  /** It is there, and this cannot be done to it now. */
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: ProblemCode }
