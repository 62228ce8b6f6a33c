// `agent.mjs --seed FOLDER` of a simulated host: state/seeds.ts goes on with it.
import { createHash } from 'node:crypto'
import { readSeedPlan, saySeed, seedPlaces } from '../../seeds/plan.ts'
import { putSeed, seedOf } from '../state/seeds.ts'
import { SECTOR, type Site } from '../state/site.ts'
import { type Context, did, type Ended, failed, here, type Outcome } from './command.ts'

export function seed(context: Context): Outcome {
  const { site, host, args } = context
  const [folder = '', id = ''] = args
  const { plan: file, key } = seedPlaces(folder, id)
  const { files } = here(context).ram
  const [plan, secret] = [readSeedPlan(files.get(file)?.text), files.get(key)?.text]
  if (!plan || secret === undefined) return failed(context, 1, `${file}: it is no plan of a seed`)
  const pin = createHash('sha256').update(secret).digest('hex')
  const begun = putSeed(site, host, { plan, file, pin, began: site.now, done: 0, sent: 0 })
  return { kind: 'waiting', site: begun, look: (now) => ended(now, host, plan.seed) }
}

function ended(site: Site, host: string, id: string): Ended | undefined {
  const now = seedOf(site, host, id)
  if (!now) return failed({ site }, 1, 'it is gone')
  if (!now.end) return undefined
  if (now.end !== 'whole') return failed({ site }, 1, now.end.why)
  const total = now.plan.sizeBytes
  return did(site, 0, saySeed({ done: total, total, sent: now.sent * SECTOR, heard: 0, milliseconds: site.now - now.began }))
}
