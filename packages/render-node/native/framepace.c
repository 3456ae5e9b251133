/*
 * Frame pacer, preloaded into a program: after each buffer swap it sleeps until the next frame is due.
 *
 * Software rendering (llvmpipe) has no vertical sync, so a GL program would draw a thousand frames a second and take every
 * core from the encoder. The wait comes after the swap: the frame is shown at once, and the program samples its input at
 * the start of the next period. Deadlines are absolute, so the rate does not drift.
 *
 * CLOUDSTAGE_FPS: frames a second; unset, 0 or not a number: no pacing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void *(*dlsym_fn)(void *, const char *);
typedef void *(*get_proc_fn)(const char *);

/* Surfaces paced on their own; a program with more windows than this shares the last entry. */
#define MAX_SURFACES 16

struct surface {
  uintptr_t id;
  int64_t next_ns;
};

static struct surface surfaces[MAX_SURFACES];
static int surface_count;
static pthread_mutex_t surfaces_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int64_t period_ns;
static dlsym_fn real_dlsym;

static void load(void) {
  /* dlsym itself is hooked below; its version says which C library ABI: x86-64, others, glibc 2.34 and later. */
  static const char *const versions[] = {"GLIBC_2.2.5", "GLIBC_2.17", "GLIBC_2.27", "GLIBC_2.34"};
  for (unsigned i = 0; i < sizeof versions / sizeof *versions && !real_dlsym; i++)
    real_dlsym = (dlsym_fn)dlvsym(RTLD_NEXT, "dlsym", versions[i]);
  const char *text = getenv("CLOUDSTAGE_FPS");
  long fps = text ? strtol(text, NULL, 10) : 0;
  if (fps > 0 && fps <= 1000) period_ns = 1000000000LL / fps;
}

static dlsym_fn symbols(void) {
  pthread_once(&once, load);
  return real_dlsym;
}

static void *next_symbol(const char *name) {
  dlsym_fn find = symbols();
  void *found = find ? find(RTLD_NEXT, name) : NULL;
  if (found || !find) return found;
  /* The program opened its GL library itself (RTLD_LOCAL): it is not in our lookup scope, but it is loaded. */
  static const char *const libraries[] = {"libGLX.so.0", "libGL.so.1", "libEGL.so.1"};
  for (unsigned i = 0; i < sizeof libraries / sizeof *libraries && !found; i++) {
    void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
    if (!library) continue;
    found = find(library, name);
    dlclose(library);
  }
  return found;
}

static struct surface *find_surface(uintptr_t id) {
  for (int i = 0; i < surface_count; i++)
    if (surfaces[i].id == id) return &surfaces[i];
  struct surface *entry = &surfaces[surface_count < MAX_SURFACES ? surface_count++ : MAX_SURFACES - 1];
  entry->id = id;
  entry->next_ns = 0;
  return entry;
}

static void pace(uintptr_t id) {
  pthread_once(&once, load);
  if (!period_ns) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t now_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
  pthread_mutex_lock(&surfaces_lock);
  struct surface *entry = find_surface(id);
  int64_t due_ns = entry->next_ns + period_ns;
  /* More than one frame late (or the first frame): start a new grid instead of hurrying to catch up. */
  if (due_ns + period_ns < now_ns) due_ns = now_ns;
  entry->next_ns = due_ns;
  pthread_mutex_unlock(&surfaces_lock);
  if (due_ns <= now_ns) return;
  struct timespec due = {.tv_sec = due_ns / 1000000000LL, .tv_nsec = due_ns % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0) {
  }
}

void glXSwapBuffers(void *display, unsigned long drawable) {
  static void (*real)(void *, unsigned long);
  if (!real) real = next_symbol("glXSwapBuffers");
  if (real) real(display, drawable);
  pace(drawable);
}

unsigned eglSwapBuffers(void *display, void *surface) {
  static unsigned (*real)(void *, void *);
  if (!real) real = next_symbol("eglSwapBuffers");
  unsigned ok = real ? real(display, surface) : 0;
  pace((uintptr_t)surface);
  return ok;
}

static void *(*real_egl_get_proc)(const char *);

static unsigned swap_with_damage(const char *name, void *display, void *surface, int *rects, int count) {
  unsigned (*real)(void *, void *, int *, int) = real_egl_get_proc ? real_egl_get_proc(name) : NULL;
  unsigned ok = real ? real(display, surface, rects, count) : 0;
  pace((uintptr_t)surface);
  return ok;
}

unsigned eglSwapBuffersWithDamageKHR(void *display, void *surface, int *rects, int count) {
  return swap_with_damage("eglSwapBuffersWithDamageKHR", display, surface, rects, count);
}

unsigned eglSwapBuffersWithDamageEXT(void *display, void *surface, int *rects, int count) {
  return swap_with_damage("eglSwapBuffersWithDamageEXT", display, surface, rects, count);
}

void *glXGetProcAddress(const char *name);
void *glXGetProcAddressARB(const char *name);
void *eglGetProcAddress(const char *name);

static void *hook_for(const char *name) {
  if (!name || (name[0] != 'g' && name[0] != 'e')) return NULL;
  if (!strcmp(name, "glXSwapBuffers")) return (void *)glXSwapBuffers;
  if (!strcmp(name, "glXGetProcAddress")) return (void *)glXGetProcAddress;
  if (!strcmp(name, "glXGetProcAddressARB")) return (void *)glXGetProcAddressARB;
  if (!strcmp(name, "eglSwapBuffers")) return (void *)eglSwapBuffers;
  if (!strcmp(name, "eglGetProcAddress")) return (void *)eglGetProcAddress;
  return NULL;
}

void *glXGetProcAddressARB(const char *name) {
  static get_proc_fn real;
  void *hook = hook_for(name);
  if (hook) return hook;
  if (!real) real = (get_proc_fn)next_symbol("glXGetProcAddressARB");
  return real ? real(name) : NULL;
}

void *glXGetProcAddress(const char *name) {
  static get_proc_fn real;
  void *hook = hook_for(name);
  if (hook) return hook;
  if (!real) real = (get_proc_fn)next_symbol("glXGetProcAddress");
  return real ? real(name) : NULL;
}

void *eglGetProcAddress(const char *name) {
  void *hook = hook_for(name);
  if (hook) return hook;
  if (!real_egl_get_proc) real_egl_get_proc = (get_proc_fn)next_symbol("eglGetProcAddress");
  void *found = real_egl_get_proc ? real_egl_get_proc(name) : NULL;
  if (!found || !name) return found;
  if (!strcmp(name, "eglSwapBuffersWithDamageKHR")) return (void *)eglSwapBuffersWithDamageKHR;
  if (!strcmp(name, "eglSwapBuffersWithDamageEXT")) return (void *)eglSwapBuffersWithDamageEXT;
  return found;
}

/*
 * The last line must stay a tail call (-O2 makes it a jump): for RTLD_NEXT the C library looks at the return address to
 * see which library asks, and that must be the caller, not this file.
 */
void *dlsym(void *handle, const char *name) {
  dlsym_fn find = symbols();
  void *hook = hook_for(name);
  if (hook && handle != RTLD_NEXT && find(handle, name)) return hook;
  return find(handle, name);
}
