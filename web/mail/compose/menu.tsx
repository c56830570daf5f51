// A small menu that opens over its button: a native popover, placed above it.

import { useId, useRef, useState, type ReactNode } from 'react'
import { Icon, type IconName } from '../../parts/icon.tsx'
import css from './composer.module.css'

interface Props {
  label: string
  icon?: IconName
  className?: string
  hidesLabel?: boolean
  children(close: () => void): ReactNode
  opened?(): void
}

export function Menu({ label, icon, className = 'btn quiet sm', hidesLabel = false, children, opened }: Props) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const [isOpen, setIsOpen] = useState(false)

  function place(): void {
    const rect = button.current!.getBoundingClientRect()
    const { style } = box.current!
    style.insetInlineStart = `${Math.max(8, Math.min(rect.left, innerWidth - 360))}px`
    style.insetBlockEnd = `${innerHeight - rect.top + 4}px`
  }

  const close = (): void => box.current?.hidePopover()

  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        popoverTarget={id}
        aria-expanded={isOpen}
        aria-label={hidesLabel ? label : undefined}
      >
        {icon && <Icon name={icon} size="s" />}
        {!hidesLabel && label}
      </button>
      <div
        ref={box}
        id={id}
        popover="auto"
        className={css['menu']}
        role="group"
        aria-label={label}
        onBeforeToggle={(event) => {
          const opens = (event as unknown as { newState: string }).newState === 'open'
          if (opens) place()
        }}
        onToggle={(event) => {
          const opens = (event as unknown as { newState: string }).newState === 'open'
          setIsOpen(opens)
          if (!opens) return
          opened?.()
          requestAnimationFrame(() => box.current?.querySelector<HTMLElement>('button, input, select')?.focus())
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          event.stopPropagation()
          close()
          button.current?.focus()
        }}
      >
        {isOpen && children(close)}
      </div>
    </>
  )
}
