// Timers: what decides when to do a thing is given `After`; `after` is the real one, a test turns one of its own.

/** Calls once, so many milliseconds from now, unless what it returns is called before. */
export type After = (milliseconds: number, action: () => void) => () => void

/** Keeps no process alive. */
export const after: After = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds).unref()
  return () => clearTimeout(timer)
}
