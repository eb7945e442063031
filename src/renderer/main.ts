import { mount } from 'svelte';
import App from './App.svelte';
import './design/tokens.css';
import './design/foundation.css';
import './design/menu.css';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
