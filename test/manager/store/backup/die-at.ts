// A process that restores a backup and kills itself before its Nth change of a file or folder: node die-at.ts N DATADIR BACKUP. It
// prints how many there were when it came to its end.
import { promises } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const [fatal = '', dataDir = '', file = ''] = process.argv.slice(2)
let changes = 0
for (const name of ['rename', 'rm', 'mkdir', 'open', 'chmod', 'link', 'unlink', 'writeFile'] as const) {
  const real = promises[name]
  Reflect.set(promises, name, (...args: unknown[]) => {
    changes += 1
    if (changes === Number(fatal)) process.kill(process.pid, 'SIGKILL')
    return Reflect.apply(real, promises, args)
  })
}
syncBuiltinESMExports()
const { restore } = await import('../../../../manager/store/backup/restore.ts')
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
await restore({ dataDir, database: 'sqlite' }, file, quiet, { yes: true })
process.stdout.write(String(changes))
