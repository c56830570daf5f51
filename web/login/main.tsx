// The sign-in page (m01): account, password, the institution's promise on the left.

import '../parts/frame.css'
import { createRoot } from 'react-dom/client'
import { speak } from '../parts/api.ts'
import { chosenLanguage, languages } from '../words/words.ts'
import { SignInPage } from './page.tsx'

const language = chosenLanguage()
speak(language)
document.documentElement.lang = languages[language].tag
const { words } = await (language === 'en' ? import('../words/en/login.ts') : import('../words/zh-Hant/login.ts'))
createRoot(document.querySelector('#page')!).render(<SignInPage words={words} language={language} />)
