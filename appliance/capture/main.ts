// The captures of an appliance, composed: whose boots, on which interface, and where they are kept.
import { join } from 'node:path'
import { macsOf, plannedFor } from '../boot/known-host.ts'
import { hostOf } from '../config.ts'
import type { KnownPlan } from '../manager-link/main.ts'
import type { RunningConfig } from '../reload.ts'
import type { AttemptStore } from '../store/attempts.ts'
import { KeptCaptures } from '../store/captures.ts'
import { applianceFolder } from '../store/own-folder.ts'
import type { AttemptRunner } from '../timeline/runner.ts'
import { type Mac, parseMac, subnetContains } from '../wire/addresses.ts'
import type { Log } from '../wire/log.ts'
import { openPacketsOn } from '../wire/sockets/packets.ts'
import { type CapturedHost, Captures } from './runner.ts'

export interface CaptureParts {
  readonly running: RunningConfig
  readonly plan: Pick<KnownPlan, 'of'>
  readonly attempts: Pick<AttemptRunner, 'subscribe' | 'captured'>
  readonly log: Log
}

export interface RunningCaptures {
  readonly kept: KeptCaptures
  /** The same store; what it issues will be in no capture. */
  hiding(store: AttemptStore): AttemptStore
  close(): Promise<void>
}

/** Rejects with the file system's error when captures cannot be kept at all. */
export async function startCaptures({ running, plan, attempts, log }: CaptureParts): Promise<RunningCaptures> {
  const { network, dataDir } = running.config
  const kept = new KeptCaptures(join(applianceFolder(dataDir), 'captures'), Date.now, log)
  await kept.load()
  const host = (mac: Mac): CapturedHost => {
    const configured = hostOf(running.config, mac)
    const own = configured ? macsOf(configured) : []
    const planned = plannedFor([mac, ...own], (one) => plan.of(one))
    const told = (planned?.macs ?? []).flatMap((text) => parseMac(text) ?? [])
    return { macs: [...own, ...told], known: configured !== undefined || planned !== undefined, ordered: planned?.capture === true }
  }
  const captures = new Captures({
    interface: network.interface,
    open: (wish) => openPacketsOn(network.interface, wish),
    host,
    isRelayed: (address) => !subnetContains(network.subnet, address),
    keep: (record, gzip) => kept.keep(record, gzip),
    onKept: ({ attempt, packets, missed }) => attempts.captured(attempt, { packets, missed }),
    now: Date.now,
    log,
  })
  const unsubscribe = attempts.subscribe((view) => captures.heard(view))
  return {
    kept,
    hiding: (store) => ({
      ...store,
      issueToken(id, bearer) {
        const token = store.issueToken(id, bearer)
        captures.hide(id, token)
        return token
      },
    }),
    async close() {
      unsubscribe()
      await captures.close()
    },
  }
}
