// Tasks in a real browser: the list and one of them follow the pool, have room on a telephone, and one is cancelled.
import test from 'ava'
import type { Browser } from 'playwright-core'
import { BEGUN, runningAutomation } from '../../fake-automations.ts'
import { runningTask } from '../../fake-tasks.ts'
import { fakePool } from './fake-pool.ts'
import { startBrowser } from './page-server.ts'
import { sitting } from './sitting.ts'

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

const sit = sitting(() => browser)

test.serial(
  'how far a task is is said as it goes on, in the list and on its page, also on a narrow screen; a cancel ends it',
  async (t) => {
    const pool = fakePool(1)
    const key = `file-system:${'6b1f0000-'.repeat(12)}`
    const progress = { phase: 'import', done: 700 << 20, total: 1000 << 20, unit: 'bytes', rate: 50 << 20, secondsLeft: 6 }
    pool.tasks.push(
      runningTask('add1', { created: BEGUN + 2 }),
      runningTask('scan1', {
        kind: 'scan',
        what: `look at what lies on ${key}`,
        on: [key],
        mayCancel: false,
        notCancelled: 'node01 looks at it',
      }),
    )
    pool.automations.push(
      runningAutomation('wait1', { state: 'needs-operator', reason: 'could not remove the disk of web1: the VG is full' }),
      runningAutomation('run1'),
      runningAutomation('done1', { state: 'done', ended: BEGUN + 3000, mayAbort: 'no: it has ended' }),
      runningAutomation('fail1', { state: 'failed', reason: 'sdb is held by VG old', ended: BEGUN + 3000, mayAbort: 'no: it has ended' }),
    )
    const { page, server, complaints } = await sit(t, pool)
    await page.click('nav >> text=Tasks')
    await page.waitForSelector('#live.on')
    await page.waitForSelector('#tasks >> text=import 40 %')
    for (const path of ['/tasks', '/tasks/scan1', '/tasks/add1']) {
      await page.goto(`${server.origin}${path}`)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        for (const width of [1440, 1024, 390]) {
          await page.setViewportSize({ width, height: 900 })
          const fits = `[...document.querySelectorAll('html, .scrolls')].every((one) => one.scrollWidth <= one.clientWidth)`
          t.true(await page.evaluate(fits), `${path} ${width}`)
        }
      }
    }
    await page.waitForSelector('#live.on')
    pool.tasks.splice(0, 1, runningTask('add1', { progress }))
    pool.tell({ kind: 'task', task: 'add1' })
    await page.waitForSelector('#task-now >> text=import 70 %')
    await page.goto(`${server.origin}/tasks?kind=image-add`)
    await page.waitForSelector('#live.on')
    pool.tasks.splice(0, 1, runningTask('add1'))
    pool.tell({ kind: 'task', task: 'add1' })
    await page.waitForSelector('#tasks >> text=import 40 %')
    t.is(await page.locator('#tasks li').count(), 1, 'the kind that was asked for stays')
    await page.click('#tasks a')
    await page.click('text=Cancel …')
    await page.click('button.danger')
    await page.waitForSelector('#notice >> text=it was cancelled')
    await page.waitForSelector('#task-now .said.cancelled')
    t.deepEqual(complaints, [])
  },
)
