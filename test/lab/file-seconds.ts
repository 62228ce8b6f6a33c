// Loaded by AVA before each file of the lab's tests: says how long the file took, its images and racks included, which no test's time has.

import { writeSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { seconds } from './table.ts'

const begun = Date.now()
// Not in a hook: those are the test files' own.
process.once('exit', () => {
  const file = basename(fileURLToPath(test.meta.file))
  writeSync(process.stdout.fd, `lab: ${file} took ${seconds((Date.now() - begun) / 1000)}\n`)
})
