// What a process of ours tells Prometheus of itself, under the names that every program has, and how late its event loop is.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

export interface ProcessFacts {
  readonly rssBytes: number
  readonly cpuSeconds: number
  /** Since the epoch. */
  readonly startedSeconds: number
  /** How late the event loop came to what was due, since it was last asked, s. */
  readonly loopDelay: { readonly median: number; readonly p99: number; readonly max: number }
}

/** Watches this process until `close`. */
export function watchProcess(): { facts(): ProcessFacts; close(): void } {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  return {
    facts: () => {
      const [median, p99, max] = [delay.percentile(50) / 1e9, delay.percentile(99) / 1e9, delay.max / 1e9]
      delay.reset()
      const { user, system } = process.cpuUsage()
      const startedSeconds = performance.timeOrigin / 1000
      return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, startedSeconds, loopDelay: { median, p99, max } }
    },
    close: () => delay.disable(),
  }
}

/** Adds its metrics; what is given is called with the facts whenever they are told. `what`: manager or appliance. */
export function processMetrics(registry: Registry, what: string): (facts: ProcessFacts) => void {
  const registers = [registry]
  const memory = new Gauge({ name: 'process_resident_memory_bytes', help: `Memory of the ${what}`, registers })
  const cpu = new Counter({ name: 'process_cpu_seconds_total', help: `CPU time of the ${what}`, registers })
  const started = new Gauge({ name: 'process_start_time_seconds', help: `When the ${what} was started, since the epoch`, registers })
  const name = 'hostless_event_loop_delay_seconds'
  const loop = new Gauge({ name, help: 'How late the event loop was since this was last read', labelNames: ['quantile'], registers })
  return ({ rssBytes, cpuSeconds, startedSeconds, loopDelay: { median, p99, max } }) => {
    memory.set(rssBytes)
    cpu.reset()
    cpu.inc(cpuSeconds)
    started.set(startedSeconds)
    loop.set({ quantile: '0.5' }, median)
    loop.set({ quantile: '0.99' }, p99)
    loop.set({ quantile: '1' }, max)
  }
}
