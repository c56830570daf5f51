// The bar at the foot on phones: mail, search, write, services, oneself.

import { Icon, type IconName } from '../../parts/icon.tsx'
import { useCell } from '../../parts/cell.ts'
import { useMail } from '../words.ts'
import css from './dock.module.css'

export function Dock() {
  const mail = useMail()
  const { words: w } = mail
  const { place, emailId, compose } = useCell(mail.route)
  if (compose || emailId) return null
  const isSearch = place === 'search'
  return (
    <nav className={css['dock']} aria-label={w.mainActs}>
      <Item icon="inbox" label={w.mailFace} href="#/inbox" isHere={!isSearch} />
      <Item icon="search" label={w.searchShort} href="#/search?q=" isHere={isSearch} />
      <a href="#/inbox?compose=new" className={css['go']} aria-label={w.compose}>
        <span className={css['disc']}>
          <Icon name="pen" />
        </span>
      </a>
      <Item icon="home" label={w.selfShort} href="/self/" isHere={false} />
      <button type="button" onClick={() => mail.dialog.set('palette')}>
        <Icon name="user" />
        {w.meShort}
      </button>
    </nav>
  )
}

function Item({ icon, label, href, isHere }: { icon: IconName; label: string; href: string; isHere: boolean }) {
  return (
    <a href={href} aria-current={isHere ? 'page' : undefined}>
      <Icon name={icon} />
      {label}
    </a>
  )
}
