// Runs a network of ncnn on one picture of noise, on one thread, and prints the processor seconds of the fastest of its runs.
//   ncnn PARAM BIN WIDTH HEIGHT RUNS (default|fp32)
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "net.h"

int main(int count, char **words) {
  if (count != 7) return 2;
  const int width = atoi(words[3]), height = atoi(words[4]), runs = atoi(words[5]);
  ncnn::Net net;
  net.opt.num_threads = 1;
  if (strcmp(words[6], "fp32") == 0) {
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = false;
  }
  if (net.load_param(words[1]) != 0 || net.load_model(words[2]) != 0) return 1;
  ncnn::Mat picture(width, height, 3);
  for (int channel = 0; channel < 3; channel += 1) {
    for (int i = 0; i < width * height; i += 1) picture.channel(channel)[i] = float((channel * width * height + i) * 37 % 251) / 255;
  }
  double fastest = 1e9;
  for (int run = 0; run < runs; run += 1) {
    ncnn::Extractor extractor = net.create_extractor();
    ncnn::Mat result;
    const clock_t started = clock();
    if (extractor.input(net.input_names()[0], picture) != 0 || extractor.extract(net.output_names()[0], result) != 0) return 1;
    const double seconds = double(clock() - started) / CLOCKS_PER_SEC;
    if (seconds < fastest) fastest = seconds;
  }
  printf("%f\n", fastest);
}
