/** The page's entry: styles, the query cache and the application. */

import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './style/tokens.css';
import './style/base.css';
import { queryClient } from './api/client';
import { App } from './app';
import { followKeys } from './state/keys';
import { followHistory } from './state/view';

followHistory();
followKeys();
const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element for the page');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
