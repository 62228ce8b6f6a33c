// The scripts of dom0 that guests need, as dom0 runs them, with programs of xenstore that write down what they are told.
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { execa } from 'execa'
import { projectFile } from '../../project.ts'
import { dataDirFor, until } from '../../manager/site.ts'
