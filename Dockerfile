# One image for every process of the Procfile; compose.yaml says which runs where.
FROM node:22-slim AS front
WORKDIR /app
COPY package.json package-lock.json vite.config.js ./
RUN npm ci --no-audit --no-fund
COPY static static
RUN npm run build

FROM python:3.11-slim
# A CUDA build: --build-arg TORCH=torch==2.13.0+cu130 --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130
ARG TORCH=torch==2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PYTHONUNBUFFERED=1 DATA_DIR=/data HOST=0.0.0.0 PORT=8000
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt && pip install --no-cache-dir "$TORCH" --extra-index-url "$TORCH_INDEX"
COPY . .
COPY --from=front /app/static/dist static/dist
RUN python scripts/messages.py && python -m servestatic.compress --quiet static/dist gz br woff2 png webp wasm && useradd --create-home partita && mkdir /data && chown partita /data
USER partita
VOLUME /data
EXPOSE 8000
CMD ["honcho", "start"]
