import { render } from 'preact';
import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import { App } from './shell/App.js';
import { applyTheme } from './shell/theme.js';

applyTheme();
const page = document.querySelector('#page');
if (page !== null) render(<App />, page);
