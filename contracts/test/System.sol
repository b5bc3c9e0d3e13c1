// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {EventRegistry} from "../src/EventRegistry.sol";
import {IdentityRegistry} from "../src/IdentityRegistry.sol";
import {IdentityStaking} from "../src/IdentityStaking.sol";
import {MachineNFT} from "../src/MachineNFT.sol";
import {WPEAQ} from "../src/WPEAQ.sol";
import {BatchExecutor} from "../src/devnet/BatchExecutor.sol";
import {BatchPrecompile} from "../src/devnet/BatchPrecompile.sol";
import {DIDPrecompile} from "../src/devnet/DIDPrecompile.sol";
import {IDID} from "../src/interfaces/IDID.sol";
import {Test} from "./Base.sol";

/// @title The contracts deployed and wired as contracts/deploy does it, with a cast.
abstract contract System is Test {
    address internal constant ADMIN = address(0xAD);
    address internal constant MACHINE = address(0xA1);
    address internal constant OPERATOR = address(0xB1);
    address internal constant STRANGER = address(0xC1);
    IDID internal constant DID = IDID(0x0000000000000000000000000000000000000800);
    address internal constant BATCH = 0x0000000000000000000000000000000000000805;
    address internal constant EXECUTOR = 0x0000000000000000000000000000000000007702;
    uint256 internal constant NOW = 1_790_000_000;
    uint256 internal constant BOND = 1 ether;

    IdentityRegistry internal registry;
    IdentityStaking internal staking;
    EventRegistry internal events;
    MachineNFT internal nft;
    WPEAQ internal wpeaq;

    function setUp() public virtual {
        vm.warp(NOW);
        vm.etch(address(DID), address(new DIDPrecompile()).code);
        vm.etch(BATCH, address(new BatchPrecompile()).code);
        vm.etch(EXECUTOR, address(new BatchExecutor()).code);
        wpeaq = new WPEAQ();
        staking = IdentityStaking(
            _proxy(address(new IdentityStaking()), abi.encodeCall(IdentityStaking.initialize, (address(wpeaq), ADMIN)))
        );
        registry = IdentityRegistry(
            _proxy(address(new IdentityRegistry()), abi.encodeCall(IdentityRegistry.initialize, (ADMIN)))
        );
        events = EventRegistry(
            _proxy(
                address(new EventRegistry()),
                abi.encodeWithSignature(
                    "initialize(address,address,address)", address(registry), address(staking), ADMIN
                )
            )
        );
        nft = MachineNFT(
            _proxy(
                address(new MachineNFT()),
                abi.encodeCall(MachineNFT.initialize, (address(registry), address(staking), ADMIN))
            )
        );
        vm.startPrank(ADMIN);
        staking.authorize(address(registry));
        registry.setIdentityStaking(address(staking));
        registry.setWPEAQ(address(wpeaq));
        registry.setDIDPrecompile(address(DID));
        vm.stopPrank();
        for (uint160 i = 0; i < 3; ++i) {
            vm.deal([MACHINE, OPERATOR, STRANGER][i], 100 ether);
        }
    }

    function _proxy(address implementation, bytes memory initialize) internal returns (address) {
        return address(new ERC1967Proxy(implementation, initialize));
    }

    function _register(address machine) internal returns (uint256) {
        vm.deal(machine, machine.balance + BOND);
        vm.prank(machine);
        return registry.register{value: BOND}();
    }

    function _registerFor(address operator, address machine) internal returns (uint256) {
        vm.deal(operator, operator.balance + BOND);
        vm.prank(operator);
        return registry.registerFor{value: BOND}(machine);
    }

    /// @dev Registers a machine without a bond, the way the development network does it.
    function _registerUnbonded(address machine) internal returns (uint256 id) {
        vm.prank(ADMIN);
        registry.setMinBond(0);
        vm.prank(machine);
        id = registry.register();
        vm.prank(ADMIN);
        registry.setMinBond(BOND);
    }

    function _expectNotOwner(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(OwnableUpgradeable.OwnableUnauthorizedAccount.selector, caller));
    }
}
