// The manager that this host is linked to, as a source of images.
import { Unanswered } from '../link/exec.ts'
import type { Link } from '../link/runner.ts'
import { type Source, SourceGone } from './source.ts'

/** `link`: undefined as long as there is none. */
export function sourceOver(link: () => Pick<Link, 'fetch' | 'stream'> | undefined): Source {
  const linked = (): Pick<Link, 'fetch' | 'stream'> => {
    const there = link()
    if (!there) throw new Error('there is no manager')
    return there
  }
  return {
    async fetch(path, limit) {
      try {
        return await linked().fetch(path, limit)
      } catch (error) {
        throw told(error)
      }
    },
    async *stream(path, signal) {
      try {
        yield* linked().stream(path, signal)
      } catch (error) {
        throw told(error)
      }
    },
  }
}

function told(error: unknown): unknown {
  return error instanceof Unanswered && (error.status === 404 || error.status === 410) ? new SourceGone(error.message) : error
}
