// How long tests wait for what must come.
import { cpus, loadavg } from 'node:os'

/** Milliseconds: so long on a machine that does nothing else; where others want its cores too, as much longer. */
export function patience(milliseconds: number): number {
  return milliseconds * Math.max(1, (loadavg()[0] ?? 0) / cpus().length)
}
