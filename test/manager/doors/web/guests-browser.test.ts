// Guests in a real browser: several acted upon at once, and a new one.
import test from 'ava'
import type { Browser } from 'playwright-core'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { startBrowser } from './page-server.ts'
import { sitting } from './sitting.ts'

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

const sit = sitting(() => browser)

test.serial('guests are ticked, named, and destroyed; what is ticked stays so while the list follows the pool', async (t) => {
  const pool = fakePool(4)
  pool.vms.push(...[1, 2, 3, 4].map((index) => fakeGuest(index)))
  const { page, server, complaints } = await sit(t, pool)
  await page.goto(`${server.origin}/guests`)
  await page.waitForSelector('#live.on')
  await page.check(`#k-${uuidOfGuest(1)}`)
  await page.check(`#k-${uuidOfGuest(3)}`)
  await page.waitForSelector('text=2 ticked')
  pool.vms.splice(1, 1, fakeGuest(2, { state: 'crashed' }))
  pool.become(idOf(2), {})
  await page.waitForSelector('#guests tr.crashed')
  t.true(await page.isChecked(`#k-${uuidOfGuest(3)}`))
  await page.click('button[value=destroy]')
  await page.waitForSelector('text=Destroy these 2 guests?')
  t.deepEqual(await page.locator('.chosen-names a').allTextContents(), ['web1', 'web3'])
  t.deepEqual(pool.calls, [])
  await page.click('#chosen button.danger')
  await page.waitForSelector('text=Destroy: 2 begun')
  t.deepEqual(pool.calls, ['destroy web1 {"disks":"remove"}', 'destroy web3 {"disks":"remove"}'])
  await page.waitForSelector('text=those that are ticked')
  t.deepEqual(complaints, [])
})

test.serial('where a new guest could start is said while its form is filled in, with the command that makes it', async (t) => {
  const pool = fakePool(4)
  pool.places = {
    fits: [{ host: idOf(2), name: 'node0003' }],
    refused: [{ host: idOf(3), name: 'node0004', reasons: ['it has no VG data'] }],
  }
  const { page, server, complaints } = await sit(t, pool)
  await page.goto(`${server.origin}/guests/new`)
  await page.waitForSelector('#where >> text=Disk 1 needs a VG to lie in')
  await page.fill('[name=disk-vg] >> nth=0', 'data')
  await page.waitForSelector('#where >> text=node0003 would take it')
  await page.waitForSelector('#where >> text=it has no VG data')
  await page.fill('[name=name]', 'web7')
  await page.waitForSelector('#where >> text=hostless vm create web7 --memory 512M --vcpus 1 --disk 8G@data')
  await page.fill('[name=memory]', 'much')
  await page.waitForSelector('#where .refused')
  t.is(await page.inputValue('[name=name]'), 'web7')
  await page.fill('[name=memory]', '1G')
  await page.click('button.main:has-text("Create")')
  await page.waitForURL(/\/automations\/auto1$/)
  t.deepEqual(pool.calls, ['create web7 {"power":"on"}'])
  t.deepEqual(complaints, [])
})

test.serial('a guest is moved by three keys from its row, after its plan was seen; the plan follows what is chosen', async (t) => {
  const pool = fakePool(4)
  pool.vms.push(fakeGuest(1))
  const to = { host: idOf(2), name: 'node0003' }
  Object.assign(pool.plan, { way: 'live', to, steps: [{ what: 'hand over' }], others: { fits: [to], refused: [] } })
  const { page, server, complaints } = await sit(t, pool)
  await page.goto(`${server.origin}/guests`)
  await page.focus('a.move')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/move$/)
  await page.waitForSelector('#plan >> text=web1 would go to node0003')
  const long = { code: 'no-vg', reason: `there is no VG ${'data'.repeat(40)}` }
  Object.assign(pool.plan, { refusals: [long], steps: [], others: { fits: [], refused: [{ ...to, why: [long] }] } })
  await page.fill('label [name=max-pause]', '500ms')
  await page.waitForSelector('#move-now:disabled')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const width of [1440, 1024, 390]) {
      await page.setViewportSize({ width, height: 900 })
      t.true(
        await page.evaluate(`[...document.querySelectorAll('html, .scrolls')].every((one) => one.scrollWidth <= one.clientWidth)`),
        `${width}`,
      )
    }
  }
  Object.assign(pool.plan, {
    refusals: [],
    steps: [{ what: 'mirror xvda over 10.77.0.0/24', undo: 'take the mirror down' }],
    others: { fits: [to], refused: [] },
  })
  await page.goto(`${server.origin}/guests/${uuidOfGuest(1)}/move`)
  await page.waitForSelector('#live.on')
  const reached: unknown[] = []
  for (let at = 0; at < 8 && !reached.includes('move-now'); at += 1) {
    await page.keyboard.press('Tab')
    reached.push(await page.evaluate('document.activeElement?.id || document.activeElement?.tagName'))
  }
  t.deepEqual(reached, ['move-now'])
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/automations\/auto1$/)
  t.deepEqual(pool.calls, [`migrate web1 ${JSON.stringify({ host: idOf(2), maxPauseMs: 2000, keepMs: 3_600_000 })}`])
  t.deepEqual(complaints, [])
})
