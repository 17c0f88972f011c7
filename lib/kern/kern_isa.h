/* The kernels' C is compiled once for every target and once more per instruction set
 * (lib/kern/meson.build), each time under names of its own. */
#ifndef OF_KERN_ISA_H
#define OF_KERN_ISA_H

#ifndef OF_KERN_ISA
#define OF_KERN_ISA c
#endif
#define OF_KERN_JOIN_(name, isa) name##_##isa
#define OF_KERN_JOIN(name, isa) OF_KERN_JOIN_(name, isa)
#define OF_KERN_NAME(name) OF_KERN_JOIN(name, OF_KERN_ISA)

#endif
