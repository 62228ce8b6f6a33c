// The greatest epoch that a manager with this data has had, beside its database: one that has lost that, or was given an older one, still comes
// after all that agents have heard.
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

export const EPOCH_FILE = 'epoch'

/** 0 where there is none yet. Throws where it is damaged: agents would be asked by a manager that they do not obey. */
export async function keptEpoch(dataDir: string): Promise<number> {
  const path = join(dataDir, 'keys', EPOCH_FILE)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '0'
    throw error
  })
  if (!/^\d{1,15}\s*$/.test(text)) throw new Error(`${path} holds no epoch: remove it, and start the manager with a backup of its database`)
  return Number(text)
}

/** On disk when it resolves. A greater one that is there stays. */
export async function keepEpoch(dataDir: string, epoch: number): Promise<void> {
  if ((await keptEpoch(dataDir)) >= epoch) return
  const folder = join(dataDir, 'keys')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `${EPOCH_FILE}.${process.pid}.new`)
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(`${epoch}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, join(folder, EPOCH_FILE))
  const directory = await open(folder, 'r')
  await directory.sync().finally(() => directory.close())
}
